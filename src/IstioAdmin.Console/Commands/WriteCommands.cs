using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace IstioAdmin.Console.Commands;

/// <summary>
/// The commands that hardly any script does without. PowerShell keeps them in a module that is not part of the engine;
/// these have the parameters that matter, under the same names.
/// </summary>
internal static class WriteCommands
{
    public static void AddTo(InitialSessionState state)
    {
        foreach (Type command in new[] { typeof(WriteHostCommand), typeof(WriteOutputCommand), typeof(WriteErrorCommand), typeof(WriteWarningCommand), typeof(WriteVerboseCommand) })
        {
            var attribute = (CmdletAttribute)Attribute.GetCustomAttribute(command, typeof(CmdletAttribute))!;
            state.Commands.Add(new SessionStateCmdletEntry($"{attribute.VerbName}-{attribute.NounName}", command, helpFileName: null));
        }
    }
}

/// <summary>Shows text to whoever is at the console; it is not output.</summary>
[Cmdlet(VerbsCommunications.Write, "Host")]
public sealed class WriteHostCommand : PSCmdlet
{
    /// <summary>What to show.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromRemainingArguments = true)]
    [Alias("Object", "Msg")]
    public object? Message { get; set; }

    /// <summary>No line end.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>What to put between the elements of a list.</summary>
    [Parameter]
    public string Separator { get; set; } = " ";

    /// <summary>Color of the text.</summary>
    [Parameter]
    public ConsoleColor? ForegroundColor { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string text = (Message is PSObject shown ? shown.BaseObject : Message) switch
        {
            null => "",
            string one => one,
            IEnumerable many => string.Join(Separator, many.Cast<object?>()),
            var one => LanguagePrimitives.ConvertTo<string>(one),
        };
        if (!NoNewline)
            text += Environment.NewLine;
        if (ForegroundColor is { } color)
            Host.UI.Write(color, Host.UI.RawUI.BackgroundColor, text);
        else
            Host.UI.Write(text);
    }
}

/// <summary>Passes objects on.</summary>
[Cmdlet(VerbsCommunications.Write, "Output")]
public sealed class WriteOutputCommand : PSCmdlet
{
    /// <summary>The objects.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromRemainingArguments = true)]
    [AllowNull, AllowEmptyCollection]
    public PSObject InputObject { get; set; } = null!;

    /// <summary>Pass a list on as one object.</summary>
    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteObject(InputObject, enumerateCollection: !NoEnumerate);
}

/// <summary>Reports an error.</summary>
[Cmdlet(VerbsCommunications.Write, "Error")]
public sealed class WriteErrorCommand : PSCmdlet
{
    /// <summary>The error.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string Message { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord() =>
        WriteError(new ErrorRecord(new WriteErrorException(Message), "Microsoft.PowerShell.Commands.WriteErrorException", ErrorCategory.NotSpecified, null));
}

/// <summary>An error that a script reports.</summary>
public sealed class WriteErrorException(string message) : Exception(message);

/// <summary>Warns.</summary>
[Cmdlet(VerbsCommunications.Write, "Warning")]
public sealed class WriteWarningCommand : PSCmdlet
{
    /// <summary>The warning.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string Message { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteWarning(Message);
}

/// <summary>Tells detail to those who asked for it.</summary>
[Cmdlet(VerbsCommunications.Write, "Verbose")]
public sealed class WriteVerboseCommand : PSCmdlet
{
    /// <summary>The detail.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string Message { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteVerbose(Message);
}
