"""AWS's random cut forests for Java, driven by a program of our own in a process of its own."""
