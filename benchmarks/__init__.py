"""How fast, and compared with what. `gan-edu bench` measures and writes RESULTS.md and its plots; nothing here is a test."""
