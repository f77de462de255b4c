def test_a(world, undisturbed):
    import pprint; pprint.pprint(undisturbed)
    assert 0
