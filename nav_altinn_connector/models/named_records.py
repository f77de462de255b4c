from odoo import api, models


class NamedRecords(models.AbstractModel):
    """A question that shows something of the records that it names, which anybody who opens it can
    choose by their number. It answers only those who may read them.

    Odoo reads what a form shows of a link with all rights, and also what a form is asked before it
    is saved.
    """

    _name = "named.records.nav"
    _description = "Question about Records"

    # The links that name them, also through lines of the question.
    _named = ()

    @api.model_create_multi
    def create(self, vals_list):
        """:raises AccessError: when a record is named that the user may not read"""
        questions = super().create(vals_list)
        questions._check_named()
        return questions

    def write(self, vals):
        """:raises AccessError: see :meth:`create`"""
        result = super().write(vals)
        self._check_named()
        return result

    def onchange(self, values, field_names, fields_spec):
        """A form that is not saved yet can name any record, also by its defaults.

        :raises AccessError: see :meth:`create`
        """
        if not self:
            names = {path.partition(".")[0] for path in self._named}
            self.new({name: values[name] for name in names if name in values})._check_named()
        return super().onchange(values, field_names, fields_spec)

    def _check_named(self):
        for path in self._named:
            self.mapped(path)._origin.check_access("read")
