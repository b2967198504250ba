"""`ostinato`, as a process that kills itself at one of its points: `python tests/chaos/kills/dying.py daemon`.

It imports nothing before it is the program: the processes of its pool read this file too, and do not need what it does.
"""

if __name__ == "__main__":
    import cli
    from tests.chaos.kills.points import number_all

    number_all()
    cli.main()
