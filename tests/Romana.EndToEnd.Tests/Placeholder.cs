namespace Romana.EndToEnd.Tests;

public sealed class Placeholder
{
    [Fact]
    public void Runs() => Assert.NotNull(this);
}
