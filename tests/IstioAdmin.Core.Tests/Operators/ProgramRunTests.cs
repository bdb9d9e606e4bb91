using IstioAdmin.Core.Operators.Helm;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Operators;

public sealed class ProgramRunTests
{
    [Theory]
    [InlineData("exit 1", true)]
    [InlineData(":", false)]
    public async Task A_program_that_is_cancelled_is_told_to_end_and_killed_if_it_does_not(string answer, bool obeys)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals.");
        string folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
        using var cancel = new CancellationTokenSource();
        Task<ProgramRun> run = ProgramRun.RunAsync("/bin/sh",
            ["-c", $"trap 'echo told >>{folder}/told; {answer}' TERM; echo $$ >{folder}/.started; mv {folder}/.started {folder}/started; while :; do sleep 0.05; done"], new Dictionary<string, string>(), cancel.Token);
        await Eventually.BecomesTrueAsync(() => Task.FromResult(File.Exists($"{folder}/started")), "the program runs");

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        Assert.Equal("told\n", File.ReadAllText($"{folder}/told"));
        string process = $"/proc/{File.ReadAllText($"{folder}/started").Trim()}";
        await Eventually.BecomesTrueAsync(() => Task.FromResult(!Directory.Exists(process)), obeys ? "it has ended" : "it was killed");
        Directory.Delete(folder, recursive: true);
    }
}
