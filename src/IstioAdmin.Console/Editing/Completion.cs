using System.Management.Automation;

namespace IstioAdmin.Console.Editing;

/// <summary>What Tab replaces a text with; pressed again, with the next proposal.</summary>
/// <param name="complete">PowerShell's completion of a line at a position.</param>
/// <param name="offset">Where the line begins in what PowerShell sees.</param>
internal sealed class Completion(Func<string, int, CommandCompletion> complete, int offset)
{
    private CommandCompletion? _proposals;
    private string _begin = "", _end = "";
    private string? _shown;

    /// <summary>The line with the next proposal, and where the cursor stands after it; null when there is nothing to propose.</summary>
    public (string Text, int Position)? Next(string text, int position, bool forward)
    {
        if (_proposals is null || text != _shown)
        {
            _proposals = complete(text, position);
            if (_proposals.CompletionMatches.Count == 0 || _proposals.ReplacementIndex < offset)
            {
                _proposals = null;
                return null;
            }
            int index = _proposals.ReplacementIndex - offset;
            (_begin, _end) = (text[..index], text[(index + _proposals.ReplacementLength)..]);
        }
        if (_proposals.GetNextResult(forward) is not { } proposal)
            return null;
        // A proposal may be in quotes that stand around what was typed; its length alone says where the cursor goes.
        _shown = _begin + proposal.CompletionText + _end;
        return (_shown, _begin.Length + proposal.CompletionText.Length);
    }
}
