using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace IstioAdmin.Core.Kube.PortForwarding;

/// <summary>A local port whose connections lead to a port of a pod, until it is disposed.</summary>
public sealed class PortForwarder : IAsyncDisposable
{
    private readonly Func<CancellationToken, Task<Stream>> _connect;
    private readonly Action<MeshException> _onFailure;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly Task _accepting;

    private PortForwarder(TcpListener listener, Func<CancellationToken, Task<Stream>> connect, Action<MeshException> onFailure)
    {
        _listener = listener;
        _connect = connect;
        _onFailure = onFailure;
        LocalEndpoint = (IPEndPoint)listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint LocalEndpoint { get; }

    internal static PortForwarder Start(Func<CancellationToken, Task<Stream>> connect, int localPort, Action<MeshException> onFailure)
    {
        var listener = new TcpListener(IPAddress.Loopback, localPort);
        try
        {
            listener.Start();
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new MeshException(
                "LocalPortNotAvailable",
                FailureKind.InvalidInput,
                string.Create(CultureInfo.InvariantCulture, $"Cannot listen on port {localPort} of this machine: {e.Message}."),
                "Choose another port, or 0 for any that is free.",
                localPort,
                e);
        }
        return new PortForwarder(listener, connect, onFailure);
    }

    /// <summary>Stops listening and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket local = await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false);
            Task connection = Task.Run(() => ServeAsync(local));
            _connections[connection] = 0;
            _ = connection.ContinueWith(done => _connections.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var local = new NetworkStream(socket, ownsSocket: true);
        await using (local.ConfigureAwait(false))
        {
            try
            {
                Stream remote = await _connect(_stop.Token).ConfigureAwait(false);
                await using (remote.ConfigureAwait(false))
                    await Relay.RunAsync(local, remote, _stop.Token).ConfigureAwait(false);
            }
            catch (MeshException e)
            {
                _onFailure(e);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The local side hung up, or the forwarder stops: nothing that anybody needs to know.
            }
        }
    }
}
