using System.Management.Automation;
using IstioAdmin.Core;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that wait until what they asked for has happened, unless told not to.</summary>
public abstract class WaitingMeshCommand : TimedMeshCommand
{
    /// <summary>Return as soon as the request is accepted.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>Does work that has to end within <see cref="TimedMeshCommand.Timeout"/>.</summary>
    /// <param name="work">The work; its token is cancelled when the time is up, and when the command is stopped.</param>
    /// <param name="purpose">What is being waited for, as it continues "Timed out after 300 seconds waiting for".</param>
    /// <param name="target">The object it is about.</param>
    /// <param name="cancel">Stops the command.</param>
    /// <exception cref="MeshException">The time is up (<c>TimedOut</c>, <see cref="FailureKind.Timeout"/>).</exception>
    protected async Task<T> WithinTimeoutAsync<T>(Func<CancellationToken, Task<T>> work, string purpose, object? target, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            return await work(limit.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new MeshException("TimedOut", FailureKind.Timeout, $"Timed out after {Timeout} seconds waiting for {purpose}.",
                "Wait longer with -Timeout, or return at once with -NoWait.", target, e);
        }
    }
}
