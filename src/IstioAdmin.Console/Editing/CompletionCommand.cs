using RadLine;

namespace IstioAdmin.Console.Editing;

/// <summary>Tab, and Shift+Tab back again.</summary>
internal sealed class CompletionCommand(Completion completion, bool forward) : LineEditorCommand
{
    /// <inheritdoc/>
    public override void Execute(LineEditorContext context)
    {
        LineBuffer buffer = context.Buffer;
        if (completion.Next(buffer.Content, buffer.Position, forward) is not { } next)
            return;
        buffer.Clear(0, buffer.Length);
        buffer.Move(0);
        buffer.Insert(next.Text);
        buffer.Move(next.Position);
    }
}
