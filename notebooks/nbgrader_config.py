"""nbgrader's settings for the course. nbgrader reads them where it is called: put a copy at the top of your course."""

c = get_config()  # noqa: F821 (nbgrader defines it)

# An exercise left open is reported as not attempted, and the rest of the notebook runs.
c.ClearSolutions.code_stub = {"python": "...  # your answer"}

# Seconds. A cell needs few of them, since grading is done in the smoke profile; but machines are slow and busy.
c.Execute.timeout = 300
c.Execute.iopub_timeout = 60
