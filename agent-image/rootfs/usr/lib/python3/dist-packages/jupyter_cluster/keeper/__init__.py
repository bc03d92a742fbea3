"""What stands beside each kernel: forwards its channels and remembers what its requests have said.

It shares the kernel's fate and survives every server. It needs no Jupyter to live, only pyzmq.
"""
