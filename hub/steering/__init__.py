"""How contacts go, over all of them: figures per period, without anybody's name."""
