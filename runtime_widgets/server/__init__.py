"""The embedded runtime: a service in a process of its own, speaking the Runtime REST protocol.

A column of its own: it imports nothing of the package but the pure modules (errors, states,
codec), and nothing imports it but the doors that start it.

::

    main.py        serve(): settings -> store, core, pool, app -> uvicorn
    app.py         the route table; routes/ has one small module for each group
    core.py        submit, list, get, cancel, ...: no HTTP, the clock injected
    scheduler.py   whose turn it is; queue.py has the rules, speeds.py the durations
    sessions.py    sessions and batches; session_life.py has the rules
    store.py       the database; tables.py, migrations.py
    hub.py         numbers of changes, and bells for those who watch
    local_pool.py  worker processes behind the interface of pool.py
    work/          what runs in them: the check of submissions, the programs, the simulators

The server's own process never imports qiskit and never decodes what a stranger sent: that is
done in a worker process with limits, which can be lost without harm.
"""

from __future__ import annotations

__all__: list[str] = []
