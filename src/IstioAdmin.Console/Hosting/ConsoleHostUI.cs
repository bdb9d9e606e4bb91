using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace IstioAdmin.Console.Hosting;

/// <summary>Results on standard output; errors, warnings, verbose lines and progress on standard error, so that a pipe gets results alone.</summary>
internal sealed class ConsoleHostUI : PSHostUserInterface
{
    private readonly Lock _gate = new();
    private readonly ProgressLine _progress = ProgressLine.OnStandardError();
    private readonly ConsoleHostRawUI _rawUI = new();

    public override PSHostRawUserInterface RawUI => _rawUI;

    public override bool SupportsVirtualTerminal => Terminal.Colors;

    public void EndProgress()
    {
        lock (_gate)
            _progress.End();
    }

    public override void Write(string value) => To(System.Console.Out, value);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        lock (_gate)
        {
            if (!Terminal.Colors)
            {
                To(System.Console.Out, value);
                return;
            }
            (ConsoleColor fore, ConsoleColor back) = (System.Console.ForegroundColor, System.Console.BackgroundColor);
            try
            {
                System.Console.ForegroundColor = foregroundColor;
                System.Console.BackgroundColor = backgroundColor;
                To(System.Console.Out, value);
            }
            finally
            {
                (System.Console.ForegroundColor, System.Console.BackgroundColor) = (fore, back);
            }
        }
    }

    public override void WriteLine(string value) => To(System.Console.Out, value + Environment.NewLine);

    public override void WriteErrorLine(string value) => To(System.Console.Error, value + Environment.NewLine);

    public override void WriteWarningLine(string message) => WriteErrorLine($"WARNING: {message}");

    public override void WriteVerboseLine(string message) => WriteErrorLine($"VERBOSE: {message}");

    public override void WriteDebugLine(string message) => WriteErrorLine($"DEBUG: {message}");

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_gate)
            _progress.Show(record);
    }

    public override string ReadLine() =>
        System.Console.ReadLine() ?? throw new HostException("There is nobody to answer: standard input has ended.");

    public override SecureString ReadLineAsSecureString() => throw NoSecrets();

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        ShowQuestion(caption, message);
        var answers = new Dictionary<string, PSObject>(StringComparer.OrdinalIgnoreCase);
        foreach (FieldDescription field in descriptions)
        {
            To(System.Console.Error, $"{field.Name}: ");
            answers[field.Name] = PSObject.AsPSObject(ReadLine());
        }
        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        ShowQuestion(caption, message);
        (string Key, string Label)[] options = [.. choices.Select(KeyAndLabel)];
        string menu = string.Join("  ", options.Select(o => $"[{o.Key}] {o.Label}"));
        string hint = defaultChoice >= 0 ? $" (default {options[defaultChoice].Key})" : "";
        while (true)
        {
            To(System.Console.Error, $"{menu}{hint}: ");
            string answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
                return defaultChoice;
            int chosen = Array.FindIndex(options, o => o.Key.Equals(answer, StringComparison.OrdinalIgnoreCase) || o.Label.Equals(answer, StringComparison.OrdinalIgnoreCase));
            if (chosen >= 0)
                return chosen;
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => throw NoSecrets();

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        throw NoSecrets();

    private static HostException NoSecrets() => new("IstioAdmin.Console does not ask for secrets; use pwsh for this command.");

    /// <summary>A choice's letter is the one after the ampersand in its label.</summary>
    private static (string Key, string Label) KeyAndLabel(ChoiceDescription choice)
    {
        int mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        string label = choice.Label.Replace("&", "", StringComparison.Ordinal);
        return (mark >= 0 && mark + 1 < choice.Label.Length ? choice.Label[mark + 1].ToString().ToUpperInvariant() : label, label);
    }

    private void ShowQuestion(string caption, string message)
    {
        foreach (string line in new[] { caption, message }.Where(l => !string.IsNullOrEmpty(l)))
            WriteErrorLine(line);
    }

    private void To(TextWriter writer, string text)
    {
        lock (_gate)
        {
            _progress.Clear();
            writer.Write(GetOutputString(text, Terminal.Colors));
        }
    }
}
