#!/bin/sh
# Ask whether somebody is a PPO, with curl (7.84 or newer). The question, JSON, is read from standard input:
#
#     lookup.sh https://flagging.example HEADER_FILE 'F1 duty desk, 0121 496 0131' < question.json
#
# HEADER_FILE, mode 600, holds one line, `Authorization: Bearer TOKEN`: what stands on a command line, others can read.
# Exit status 0: the register answered, and the answer stands on standard output. Show its `caveats` and `warnings`.
# Exit status 1: CANNOT CONFIRM. Nobody can say whether the person is a PPO: ring the desk. Never take it for a no.
#
# Whatever is not a whole answer of this service is CANNOT CONFIRM. It is tried again at once or after a while, with the
# same client_reference, by which the service knows one arrest: its offender manager is told once.
set -u

attempts=3
seconds_each=${LOOKUP_SECONDS:-4}
pause=${LOOKUP_PAUSE:-2}
newline='
'

cannot_confirm() {
    printf 'CANNOT CONFIRM: %s\nThis is not a no. Ring the %s.\n' "$1" "$desk" >&2
    exit 1
}

# Whom to ring, as the service tells it: it knows the OCU of the question. Nothing unless both are plain text.
desk_told() {
    printf %s "$body" | sed -n 's/.*"duty_desk":{"name":"\([^"\\]*\)","telephone":"\([^"\\]*\)".*/\1, \2/p'
}

desk=${3:-duty desk}
[ $# -eq 3 ] || cannot_confirm "usage: lookup.sh https://HOST HEADER_FILE 'DESK AND ITS NUMBER' < question.json"
case $1 in
    https://* | http://127.0.0.1:* | http://localhost:*) ;;
    *) cannot_confirm 'the address must begin with https://, or token and question could be read on the way' ;;
esac
[ -r "$2" ] || cannot_confirm "$2: cannot be read"
question=$(cat)
case $question in
    *'"client_reference"'*) ;;
    *) cannot_confirm 'the question has no client_reference, by which asking again is known for that' ;;
esac

while :; do
    attempts=$((attempts - 1))
    request_id=$$-$attempts-$(date +%s)
    # --disable: no .curlrc of whoever runs this. No redirect is followed, as its target would be shown the token.
    reply=$(printf %s "$question" | curl --disable --silent --show-error \
        --connect-timeout 2 --max-time "$seconds_each" --max-filesize 1000000 \
        --header @"$2" --header 'Content-Type: application/json' --header "X-Request-ID: $request_id" \
        --data-binary @- --write-out '\n%{http_code} %{content_type} %header{x-request-id}' "$1/v1/lookups")
    failed=$?
    told=${reply##*"$newline"}
    body=${reply%"$newline"*}
    case $failed:$told in
        0:"200 application/json $request_id")
            # Whole, and with one outcome: what others typed cannot look like one, as its quotation marks are escaped.
            case ${body##*[!\}]}$(printf %s "$body" | grep -o '"outcome":"[a-z_]*"') in
                *'}"outcome":"flagged"' | *'}"outcome":"possible_match"' | *'}"outcome":"former"' | *'}"outcome":"not_on_register"')
                    printf '%s\n' "$body"
                    exit 0
                    ;;
            esac
            cannot_confirm 'what came back is not an answer of this service'
            ;;
        0:200*) cannot_confirm 'what came back is not an answer of this service, or to another question' ;;
        0:429* | 0:502* | 0:503* | 0:504* | [1-9]*) ;;
        *) printf '%s\n' "$body" >&2 && cannot_confirm "the service refused the question: HTTP status ${told%% *}" ;;
    esac
    if [ "$attempts" -eq 0 ]; then
        found=$(desk_told)
        desk=${found:-$desk}
        [ "$failed" -eq 0 ] || cannot_confirm "the service cannot be reached (curl says $failed)"
        cannot_confirm "the service has no answer: HTTP status ${told%% *}"
    fi
    sleep "$pause"
done
