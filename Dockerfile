# docker build -t restbroker . && docker run -p 8080:8080 -v restbroker:/data restbroker

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# Packages first: they change less often than the code.
COPY src/Directory.Build.props src/Directory.Packages.props src/
COPY src/RestBroker.Core/RestBroker.Core.csproj src/RestBroker.Core/packages.lock.json src/RestBroker.Core/
COPY src/RestBroker.Storage/RestBroker.Storage.csproj src/RestBroker.Storage/packages.lock.json src/RestBroker.Storage/
COPY src/RestBroker.Server/RestBroker.Server.csproj src/RestBroker.Server/packages.lock.json src/RestBroker.Server/
RUN dotnet restore src/RestBroker.Server --locked-mode
COPY .editorconfig appsettings.json ./
COPY src/ src/
RUN dotnet publish src/RestBroker.Server --configuration Release --no-restore --output /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# A new volume takes its owner from the directory that it covers.
RUN mkdir /data && chown $APP_UID /data
COPY --from=build /app /app
# 8080 on every address of the container; whoever publishes the port decides who can reach it.
ENV ASPNETCORE_HTTP_PORTS=8080 RestBroker__DataDirectory=/data
WORKDIR /app
USER $APP_UID
VOLUME /data
EXPOSE 8080
# The image has no curl: bash asks. Alive, not ready, so that a long recovery is not taken for a death.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["dotnet", "RestBroker.Server.dll"]
