# The specimen, alone: no image has to be pulled.
FROM scratch
COPY specimen /specimen
EXPOSE 8080
ENTRYPOINT ["/specimen"]
