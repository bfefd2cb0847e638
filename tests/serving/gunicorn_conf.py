"""What `config/gunicorn.conf.py` has gunicorn do as it stops; and fewer open files, where a test wants that."""

import os
import resource

from flagging.serving.succession import tell_of_a_stop

when_ready = tell_of_a_stop

if "MOST_OPEN_FILES" in os.environ:
    most = int(os.environ["MOST_OPEN_FILES"])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
