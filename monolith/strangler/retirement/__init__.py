"""What is to be deleted of the monolith once a path is retired, and what of it is gone already.

Found in the source, not remembered: `modules` reads it, `references` says who uses whom,
`checklist` asks the questions, `records` compares with an earlier answer, `looking` does the I/O.
"""
