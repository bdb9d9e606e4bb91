using RadLine;

namespace IstioAdmin.Console.Editing;

/// <summary>Ctrl+D: leaves at an empty line, as in other shells, and deletes the character under the cursor otherwise.</summary>
internal sealed class EndCommand(Action ended) : LineEditorCommand
{
    /// <inheritdoc/>
    public override void Execute(LineEditorContext context)
    {
        if (context.Buffer.Length > 0)
        {
            context.Execute(new DeleteCommand());
            return;
        }
        ended();
        context.Submit(SubmitAction.Cancel);
    }
}
