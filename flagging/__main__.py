"""`python -m flagging` is `flagging`."""

from flagging.cli import main

if __name__ == "__main__":
    main()
