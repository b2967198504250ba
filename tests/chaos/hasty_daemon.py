"""The daemon of a campaign, as a program: its clock can be stepped, and in a short campaign it waits less for the dead.

It imports nothing before it is the daemon: the processes of its pool read this file too, and do not need what it needs.
"""

if __name__ == "__main__":
    from tests.chaos.haste import main

    main()
