"""Words that came second and were kept aside can still be taken."""

from lti_plp.errors import PlpError
from lti_plp.plp.history import Why
from lti_plp.plp.history_reading import kept_fields
from lti_plp.plp.items import item_kind
from lti_plp.plp.plans import Edited, PlanEditor


def take_kept(editor: PlanEditor, number: int) -> tuple[str, Edited]:
    """Put what the change with this number kept aside into the plan, as an edit over the newest version.

    Return the kind of the item, and what became of the edit.

    :raise NotFound: when that change kept nothing.
    :raise PlpError: 409 ``item_removed`` when the item was removed meanwhile.
    """
    kind, item_id, fields = kept_fields(editor.session, editor.plan.id, number)
    item = editor.item(item_kind(kind), item_id)
    if getattr(item, "removed_at", None) is not None:
        raise PlpError("item_removed", 409, "The thing that this is about was removed.")
    return kind, editor.edit(kind, item_id, item.version, fields, Why(cause=f"kept:{number}"))
