"""A monitor's jobs come and go on several threads, and nothing of it is left once it is closed."""

from __future__ import annotations

import gc
import weakref

import pytest
from support.views import settle

from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")


def test_a_monitor_that_is_closed_is_kept_by_nothing(jobs):
    view = JobMonitor(jobs(2))
    settle(view)
    view.deliver()
    gone = weakref.ref(view)
    view.close()
    del view
    gc.collect()
    assert gone() is None
