#!/bin/sh
# Builds what the web form serves from the npm packages that package-lock.json pins by hash, into the folder named (the
# one the service reads, unless told otherwise). Needs npm and node. What it makes is kept in the repository, so that
# an installation needs neither; a test builds anew and compares.
set -eu
cd "$(dirname "$0")"
into=${1:-../flagging/web/static}
npm ci --no-progress --loglevel=error >/dev/null
frontend=node_modules/govuk-frontend
npx --no-install sass --no-source-map --style=compressed --load-path=. app.scss "$into/app.css"
sed '/^\/\/# sourceMappingURL=/d' "$frontend/dist/govuk/govuk-frontend.min.js" >"$into/govuk-frontend.min.js"
