"""The daemon that halts, as a program.

It imports nothing before it is the daemon: the processes of its pool read this file too, and do not need what it needs.
"""

if __name__ == "__main__":
    from tests.acceptance.halting import main

    main()
