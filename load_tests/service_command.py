"""How whoever measures starts the service: as its users do, by the Python that runs. Nothing of it is imported.

With `-P`, as Python would otherwise look for it in this directory first.
"""

import sys

FLAGGING = (sys.executable, "-P", "-m", "flagging")
