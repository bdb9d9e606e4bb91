// Connected clusters belong to the process, so tests that connect and disconnect them take turns.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
