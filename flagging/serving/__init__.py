"""What gunicorn's processes do with connections before and after a request is answered."""
