def test_x(active, undisturbed):
    active.sandbox.faults.add("duplicate", "sykepenger.notes", times=None)
    active.run_cron()
    with active.env() as env:
        for n in env["nav.sick.note"].search([]): print(n.state, n.failure_reason, n.payload[:0])
    assert 0
def test_y(active):
    active.run_cron()
    with active.env() as env:
        for n in env["nav.sick.note"].search([]): print(n.state, n.failure_reason, n.payload[:0])
    assert 0
