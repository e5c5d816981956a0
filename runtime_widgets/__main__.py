"""``python -m runtime_widgets``: the same as the command ``runtime-widgets``."""

from runtime_widgets.cli import main

if __name__ == "__main__":
    main()
