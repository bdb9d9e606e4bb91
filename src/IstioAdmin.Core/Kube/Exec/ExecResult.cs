using System.Text;

namespace IstioAdmin.Core.Kube.Exec;

/// <summary>What a command left behind.</summary>
/// <param name="ExitCode">Its exit code; 0 by convention means success.</param>
/// <param name="Output">All that it wrote to standard output.</param>
/// <param name="Error">All that it wrote to standard error.</param>
public sealed record ExecResult(int ExitCode, ReadOnlyMemory<byte> Output, ReadOnlyMemory<byte> Error)
{
    /// <summary>Standard output as UTF-8 text.</summary>
    public string OutputText => Encoding.UTF8.GetString(Output.Span);

    /// <summary>Standard error as UTF-8 text.</summary>
    public string ErrorText => Encoding.UTF8.GetString(Error.Span);
}
