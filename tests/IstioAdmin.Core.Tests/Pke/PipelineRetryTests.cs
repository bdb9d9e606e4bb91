using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Connecting;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Core.Tests.Pke;

/// <summary>A server that asks to be left alone for a while, by whatever clock it has.</summary>
public sealed class PipelineRetryTests : IAsyncLifetime
{
    private readonly InstantTime _time = new();
    private PipelineServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await PipelineServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-3)]
    public async Task A_pause_until_a_time_of_day_is_measured_by_the_server_s_own_clock(int hoursAhead)
    {
        _server.ClockSkew = TimeSpan.FromHours(hoursAhead);
        _server.Break("GET /api/v1/orgs", PipelineFault.Throttle(TimeSpan.FromSeconds(7)));

        using PipelineConnection pipeline = await ConnectAsync();

        Assert.Equal("team", pipeline.Organization);
        Assert.Equal([TimeSpan.FromSeconds(7)], _time.Pauses);
    }

    [Fact]
    public async Task A_long_pause_is_an_error_at_once()
    {
        _server.ClockSkew = TimeSpan.FromHours(-3);
        _server.Break("GET /api/v1/orgs", PipelineFault.Throttle(TimeSpan.FromHours(1)));

        PipelineException busy = await Assert.ThrowsAsync<PipelineException>(ConnectAsync);

        Assert.Equal("PipelineBusy", busy.ErrorId);
        Assert.Empty(_time.Pauses);
    }

    private Task<PipelineConnection> ConnectAsync()
    {
        var nowhere = new KubeEnvironment(_ => null, Path.Combine(Path.GetTempPath(), "no-such-home"), "/none");
        return PipelineConnector.ConnectAsync(
            new PipelineOptions { Endpoint = _server.Uri.ToString(), Token = _server.Token, Organization = "team" }, nowhere, new RecordingReporter(), _time, TestContext.Current.CancellationToken);
    }
}
