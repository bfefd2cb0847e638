"""What a Python service over HTTP cannot be faster than: a Flask endpoint that takes a body and gives it back."""

from flask import Flask, Response, request

app = Flask("bare")


@app.post("/v1/lookups")
def answer():
    return Response(request.get_data(), content_type="application/json")
