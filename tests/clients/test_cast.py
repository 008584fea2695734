from clients import sight


def test_everybody_of_the_cast_stands_where_they_belong(agency, root, mei, wen, lim, ada, ann, bo):
    with sight.every_client():
        assert [user.standing.agency_role for user in (root, mei, wen)] == [
            "administrator",
            "manager",
            "specialist",
        ]
        assert lim.standing.client_ids == ada.standing.client_ids == ann.standing.client_ids
        assert ada.standing.is_contact
        assert not ann.standing.is_contact
        assert bo.standing.client_ids != ada.standing.client_ids


def test_api_knows_its_callers_by_token(mei, as_api):
    assert as_api(mei).get("/openapi.json").status_code == 200
