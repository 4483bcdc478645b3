"""The whole contract of a SystemPort."""

from tests.contracts.describing import DescribeContract
from tests.contracts.pulling import PullContract
from tests.contracts.reading import ReadContract
from tests.contracts.writing import WriteContract


class PortContract(DescribeContract, PullContract, ReadContract, WriteContract):
    """Subclass it with a fixture `harness`; what the port does not declare is left out."""
