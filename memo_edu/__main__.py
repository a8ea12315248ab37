"""`python -m memo_edu` is the command `memo-edu`."""

import sys

from memo_edu.cli import main

sys.exit(main())
