using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using IstioAdmin.Core.Files;
using IstioAdmin.Core.Pke.Kubeconfigs;

namespace IstioAdmin.Core.Pke.Shells;

/// <summary>Runs a shell, or a program, in which KUBECONFIG leads to one cluster. The kubeconfig lies in a private folder that is gone afterwards, however it ends.</summary>
public static class ClusterShell
{
    /// <summary>The variable by which banzai's own shell and this one recognise that they are inside one.</summary>
    /// <remarks>Source: banzaicloud/banzai-cli <c>internal/cli/command/cluster/shell.go</c>.</remarks>
    public const string Marker = "BANZAI_CURRENT_CLUSTER_ID";

    /// <summary>Runs to the end.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="options">What to run.</param>
    /// <param name="cancel">Ends a program, with everything it started. A shell that somebody sits at is left to end by itself.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="MeshException">
    /// <c>ClusterShellNested</c>, <c>CommandNotFound</c>, <c>CommandNotStarted</c>, <c>PkeOidcNotEnabled</c>, or the kubeconfig cannot be fetched.
    /// </exception>
    public static async Task<int> RunAsync(PkeCluster cluster, ClusterShellOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        if (Environment.GetEnvironmentVariable(Marker) is { Length: > 0 } outer)
        {
            string name = Environment.GetEnvironmentVariable("BANZAI_CURRENT_CLUSTER_NAME") is { Length: > 0 } known ? $"'{known}'" : $"number {outer}";
            throw new MeshException("ClusterShellNested", FailureKind.Conflict, $"This is a shell for cluster {name} already.",
                $"Leave it with exit first; one inside the other makes it hard to know which cluster a command meets. To do it all the same, remove the variable {Marker}.", cluster.Name);
        }
        DownloadedKubeconfig.RequireOidc(cluster, options.Oidc);
        ShellProgram program = options.Command is null ? ShellProgram.OfUser() : ShellProgram.Of(options.Command, options.Arguments);
        string text = (await DownloadedKubeconfig.FetchAsync(cluster, options.Oidc, contextName: null, cancel).ConfigureAwait(false)).Text;
        using var folder = PrivateFolder.Create();
        string kubeconfig = await folder.WriteAsync("config", text, cancel).ConfigureAwait(false);
        foreach ((string name, string content) in program.Files)
            await folder.WriteAsync(name, content, cancel).ConfigureAwait(false);
        ProcessStartInfo start = program.Start(folder.Path, cluster.Name, options.Output is not null);
        start.WorkingDirectory = options.Directory ?? "";
        start.Environment["KUBECONFIG"] = kubeconfig;
        start.Environment[Marker] = cluster.Id.ToString(CultureInfo.InvariantCulture);
        start.Environment["BANZAI_CURRENT_CLUSTER_NAME"] = cluster.Name;
        start.Environment["BANZAI_CURRENT_ORG_ID"] = cluster.Pipeline.OrganizationId.ToString(CultureInfo.InvariantCulture);
        start.Environment["BANZAI_CURRENT_ORG_NAME"] = cluster.Organization;
        return await RunAsync(start, program, options, cancel).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(ProcessStartInfo start, ShellProgram program, ClusterShellOptions options, CancellationToken cancel)
    {
        using Process process = Launch(start, program);
        Task reading = options.Output is { } output ? ReadAsync(process.StandardOutput, output) : Task.CompletedTask;
        try
        {
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (options is { Interactive: true, Command: null })
        {
            // Ctrl+C reached the shell as well, which goes on; it must not lose its kubeconfig.
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            // Until it is gone it may still read the kubeconfig, and on Windows hold the folder.
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        return process.ExitCode;
    }

    private static Process Launch(ProcessStartInfo start, ShellProgram program)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new MeshException("CommandNotStarted", FailureKind.Other, $"'{program.Path}' could not be started: {e.Message}", "Check that it is a program for this machine.", program.Path, e);
        }
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> output)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            output(line);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended by itself in the meantime.
        }
    }
}
