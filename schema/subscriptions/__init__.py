"""The fields of Subscription, one a file: the current value first, then every change, with a cursor to come back."""
