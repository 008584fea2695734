"""`make bench`: how quick the portal is, in ratios that one run takes on its own servers; it asserts no time."""
