"""Systems that push to us and sign what they send. One module for each way of signing, all of one shape:

    check(request: SignedRequest, secrets: Sequence[str]) -> None     raises BadSignature

What a module checks is the sender's own word for "this is from me, now, and whole": over the raw bytes, in constant
time, both too old and too far ahead refused, and nothing accepted where a header or a secret is missing. To add a way,
write such a module and name it in `receiving.WAYS`. `store.senders` keeps who may send and with which secrets.
"""
