"""Who else has to know: offender managers of people recognised, and whoever asked too early or would act too late.

What is due is written in the transaction that puts a lookup into the ledger, and delivered from there: `outbox`,
`delivery`. Nothing here is on the path of a lookup.
"""
