"""Unit tests of the ports on which kernels listen."""

import unittest

from jupyter_cluster.keeper.kernel import OUTGOING_PORTS, free_ports


class Ports(unittest.TestCase):
    def test_no_connection_goes_out_from_one(self):
        with open(OUTGOING_PORTS, encoding="ascii") as file:
            low, high = (int(each) for each in file.read().split())
        ports = [port for _ in range(100) for port in free_ports(5)]
        self.assertEqual([port for port in ports if low <= port <= high], [])

    def test_each_is_another_one(self):
        self.assertEqual(len(set(free_ports(50))), 50)


unittest.main(argv=["ports_test"])
