"""What `config/gunicorn.conf.py` has gunicorn do as it stops."""

from flagging.serving.succession import tell_of_a_stop

when_ready = tell_of_a_stop
