using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>A shell with the built module, connected to a control plane: the front door. Connections belong to the process, so only one test has one at a time.</summary>
internal sealed class MeshShell : IDisposable
{
    private readonly ModuleRunspace _shell = ModuleRunspace.Open();

    public MeshShell(string kubeconfig)
    {
        _shell.Run("Get-MeshCluster | Disconnect-MeshCluster");
        _shell.Run("Connect-MeshCluster -Kubeconfig $args[0]", kubeconfig).ThrowIfFailed();
    }

    public ScriptResult Run(string script, params object?[] arguments)
    {
        ScriptResult result = _shell.Run(script, arguments);
        TestContext.Current.TestOutputHelper?.WriteLine($"> {script}\n{Told(result)}");
        return result;
    }

    /// <summary>Runs a script that must succeed, and returns its one output.</summary>
    public PSObject Get(string script, params object?[] arguments) => Run(script, arguments).ThrowIfFailed().Output.Single();

    /// <summary>Runs a script that must fail, and returns its error.</summary>
    public ErrorRecord Fail(string script, params object?[] arguments)
    {
        ScriptResult result = Run(script, arguments);
        return result.TerminatingError ?? (result.Errors.Count > 0 ? result.Errors[0] : null) ?? throw new InvalidOperationException($"{script} did not fail");
    }

    /// <summary>Starts a script, and presses Ctrl+C as soon as the cluster is as <paramref name="moment"/> says.</summary>
    /// <returns>True when that ended it; false when it had ended before.</returns>
    /// <exception cref="TimeoutException">It goes on; the limits that the scripts of tests set themselves are longer than what is waited here.</exception>
    public async Task<bool> InterruptAsync(string script, Func<Task<bool>> moment, params object?[] arguments)
    {
        using PowerShell shell = _shell.Script(script, arguments);
        IAsyncResult running = shell.BeginInvoke();
        while (!running.IsCompleted && !await moment())
            await Task.Delay(5);
        if (running.IsCompleted)
            return false;
        await Task.Run(shell.Stop).WaitAsync(TimeSpan.FromSeconds(30));
        return true;
    }

    /// <summary>What an error says: message and remedy.</summary>
    public static string Words(ErrorRecord error) => $"{error.FullyQualifiedErrorId}: {error.Exception.Message} {error.ErrorDetails?.RecommendedAction}";

    public void Dispose()
    {
        _shell.Run("Get-MeshCluster | Disconnect-MeshCluster");
        _shell.Dispose();
    }

    private static string Told(ScriptResult result) => string.Join('\n',
    [
        .. result.Output.Select(item => $"  {item}"),
        .. result.Warnings.Select(warning => $"  warning: {warning}"),
        .. result.Errors.Append(result.TerminatingError).OfType<ErrorRecord>().Select(error => $"  error: {Words(error)}"),
    ]);
}
