"""The JSON API: requests in, answers and problems out. Decides nothing about people, routes or disclosure."""
