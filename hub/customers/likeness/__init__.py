"""Probable recognition in the hub: likenesses kept beside the source records, weights learned from them, look-ups."""
