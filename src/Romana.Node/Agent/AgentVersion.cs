namespace Romana.Node.Agent;

internal static class AgentVersion
{
    public static readonly string Text = typeof(AgentVersion).Assembly.GetName().Version!.ToString(3);
}
