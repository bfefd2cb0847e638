"""Whether this build is compiled: what a lookup passes on its way runs as machine code, or as the source files stand.

Which modules those are is said in pyproject.toml (`tool.flagging.compiled`). A wheel has all of them compiled or none.
"""

from typing import Final

from flagging import randomness  # compiled like the others, and quickly imported

IS_COMPILED: Final = not str(randomness.__file__).endswith(".py")
