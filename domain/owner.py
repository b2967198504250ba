"""The owner of what is made without a token: the one whose installation it is."""

LOCAL_OWNER = "local"
