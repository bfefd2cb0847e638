// Makes the pages easier where scripts run; none of them needs it.
import { createAll, Button, Checkboxes, ErrorSummary, PasswordInput, Radios, ServiceNavigation, SkipLink }
  from './govuk-frontend.min.js'

document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) document.body.classList.add('govuk-frontend-supported')
for (const component of [Button, Checkboxes, ErrorSummary, PasswordInput, Radios, ServiceNavigation, SkipLink]) {
  createAll(component)
}

const print = document.querySelector('[data-print]')
if (print) {
  print.hidden = false
  print.addEventListener('click', () => window.print())
}

// -- the end of the session -------------------------------------------------------------------------------------------
// The warning comes two minutes before; whatever a form holds then is kept on the server, never in the address.

const expiry = document.querySelector('[data-expiry]')
if (expiry) {
  const form = document.querySelector('form[data-keep]')
  const stay = expiry.querySelector('button')
  const left = expiry.querySelector('[data-left]')
  const warn = Number(expiry.dataset.warn) * 1000
  let ends = Date.now() + Number(expiry.dataset.expiry) * 1000
  let announced

  const send = (path, body) => fetch(path, { method: 'POST', body, redirect: 'error', credentials: 'same-origin' })

  const keepTyped = () => {
    if (!form) return Promise.resolve()
    const typed = new FormData(form)
    for (const [name, value] of [...typed]) if (value instanceof File) typed.delete(name)
    return send(form.dataset.keep, typed).catch(() => {})
  }

  const look = () => {
    const remaining = ends - Date.now()
    if (remaining <= 0) {
      window.location.assign(expiry.dataset.then)
      return
    }
    if (remaining <= warn) {
      const minutes = Math.ceil(remaining / 60000)
      if (announced === undefined) keepTyped()
      if (minutes !== announced) {
        announced = minutes
        left.textContent = minutes === 1 ? '1 minute' : `${minutes} minutes`
        expiry.hidden = false
      }
    }
    setTimeout(look, Math.min(1000, remaining))
  }

  stay.addEventListener('click', async () => {
    const body = new FormData()
    body.append('csrf_token', expiry.dataset.token)
    try {
      const answer = await send(expiry.dataset.stay, body)
      if (!answer.ok) throw new Error(String(answer.status))
      ends = Date.now() + Number(expiry.dataset.idle) * 1000
      announced = undefined
      expiry.hidden = true
    } catch {
      await keepTyped()
      window.location.assign(expiry.dataset.then)
    }
  })
  look()
}

// -- which kind of identifier was typed ---------------------------------------------------------------------------------

const identifiers = document.querySelector('[data-recognise]')
if (identifiers) {
  const says = document.getElementById(identifiers.dataset.says)
  const token = identifiers.form.elements.csrf_token
  identifiers.addEventListener('change', async () => {
    says.textContent = ''
    if (!identifiers.value.trim()) return
    const body = new FormData()
    body.append('csrf_token', token.value)
    body.append('identifiers', identifiers.value)
    body.append('year', identifiers.form.elements['birth-year'].value)
    try {
      const answer = await fetch(identifiers.dataset.recognise, { method: 'POST', body, redirect: 'error' })
      if (answer.ok) says.textContent = await answer.text()
    } catch { /* the answer page says it all the same */ }
  })
}
