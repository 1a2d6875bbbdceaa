"""Pictures drawn by code, whose truth is known, and readers that find it again in what a network makes."""
