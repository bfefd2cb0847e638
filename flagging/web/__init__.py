"""Pages for people: server-rendered, working without JavaScript. Decides nothing about people, routes or disclosure.

How a page is built:

    blueprint = guarded(Blueprint("check", __name__))            # web.gate: signed in, role, CSRF, error pages

    @blueprint.route("/check", methods=["GET", "POST"])
    @open_to(LOOKUP_ROLES)                                       # access.declared; without it nobody gets in
    @drafted("check")                                            # web.gate: what was typed survives being signed out
    def check() -> Response: ...

Inside a handler: `caller()` and `person()` are whoever is signed in; `find_draft("check")`, `keep_draft`, `drop_draft`
and `remembered()`, `remember(ocu="F1")` keep what they typed and usually enter; `flask.session` holds small JSON values
until they sign out. Every form carries `{{ csrf_token() }}` in a hidden field of that name. Refusals are raised
(`flagging.errors`) and become a page.
"""
